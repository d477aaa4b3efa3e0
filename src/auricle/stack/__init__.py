"""The containers of deploy/compose.yaml: built, started, stopped, looked into and backed up."""
