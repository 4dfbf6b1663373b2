"""What a learner sees and moves: components described once, shown by a notebook or by a workshop page alike."""
