"""What models, topic files and banks there are, and their files by content hash."""
