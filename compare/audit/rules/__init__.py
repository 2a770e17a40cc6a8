"""The rules, by what they are about. Each is a function from a program to the places it finds."""
