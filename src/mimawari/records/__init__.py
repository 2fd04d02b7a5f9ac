"""What crosses a border between rooms: frozen typed structs and their codecs."""
