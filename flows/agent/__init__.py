"""The assistant that talks with a lead: by rules (`playbook`) and, later, by a model."""
