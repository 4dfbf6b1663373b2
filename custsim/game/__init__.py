"""The budget game: rules, submissions, leaderboard and debrief."""
