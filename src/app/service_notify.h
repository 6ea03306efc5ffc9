#pragma once
/* service_notify — tells the service manager how far we are (systemd's NOTIFY_SOCKET protocol).
 * Does nothing when there is none. Layer: app. Main thread. */

/* "READY=1", "STOPPING=1", "STATUS=…" */
void service_notify(const char *state);
