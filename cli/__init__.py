"""What a person runs: `tgs` and its subcommands, over what they have in common."""
