"""What crosses a border between rooms, as frozen typed structs."""
