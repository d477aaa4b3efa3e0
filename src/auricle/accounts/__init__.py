"""Who may come in: people and their passwords, sessions in browsers, API keys, and how much each may use."""
