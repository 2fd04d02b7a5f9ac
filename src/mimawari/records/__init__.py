"""Records that cross a border between rooms: frozen typed structs and their codecs."""
