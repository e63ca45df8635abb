"""The mmCLIP paper's study (sections 5.2 to 5.6, 7) as a graph of corpora, training and scoring."""
