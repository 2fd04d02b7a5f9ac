"""What a marketplace is to do about listings and sellers: actions, and strikes."""
