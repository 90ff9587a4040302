"""The screen of a device with mpv: decoders as child processes, spoken to over mpv's JSON IPC."""
