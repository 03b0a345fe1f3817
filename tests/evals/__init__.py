"""Scripted leads that talk with the assistant: whether it keeps its rules and gets them where they should go."""
