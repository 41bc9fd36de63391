"""Stand-ins of the outside companies: separate programs that import nothing of the product."""
