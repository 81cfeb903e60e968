"""What any part may ask of the operating system: atomic files, file names, processor cores."""
