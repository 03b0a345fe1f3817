"""What people see of it: the words of operators, figures, timelines, logs and metrics."""
