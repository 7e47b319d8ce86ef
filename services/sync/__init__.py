"""Exchange with central: orders up, catalogue, vouchers and customers down."""
