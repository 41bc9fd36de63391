"""Pages of the ground: accounts, kept mails, operations."""
