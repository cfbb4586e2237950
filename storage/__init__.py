"""What is remembered: the only home of SQL, one file a noun. Knows no other folder."""
