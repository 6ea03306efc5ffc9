/* main — everything begins in app/cli. */
#include "app/cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
