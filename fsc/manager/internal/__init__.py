"""The APIs for our own peer: administration (9443, with internal certificates), and for its Inways (9444, without)."""
