"""The command line `tambon`: a thin face over the packages. Heavy imports happen inside the commands."""
