"""The server: accounts, library, approvals, campaigns, screens, publishing, logs. Import the module you need."""
