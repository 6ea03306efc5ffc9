#include <stdio.h>

int main(void)
{
    puts("alertify " ALERTIFY_VERSION);
    return 0;
}
