"""The paper's study (sections 5.2 to 5.6 and 7) as a graph of corpora, trainings and scorings."""
