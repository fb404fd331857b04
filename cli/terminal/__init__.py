"""What the commands have in common at a terminal: consoles, harmless text, arguments, exit codes, an orderly end."""
