"""Serena's partnership API: plans and where they are sold, and the registration of leads."""
