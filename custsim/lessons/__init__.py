"""The lessons: one module a lesson, whose functions return the components that its notebook shows."""
