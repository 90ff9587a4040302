"""The player: the agent on the device that fetches, checks, shows and proves. Import the module you need."""
