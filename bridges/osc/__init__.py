"""The OSC bridge: one table of addresses, over UDP and TCP, described by OSCQuery."""
