"""Other programs' ways of asking for a transcript, so that their clients can point here."""
