"""The MQTT broker as this installation sees it: its accounts, its configuration, the child process, the connection.

We run no broker of our own making: Mosquitto when the machine has it, else the NATS server from its wheel, or any
other by ``BROKER_URL``. Nothing that must be right depends on a feature that MQTT 3.1.1 lacks.
"""
