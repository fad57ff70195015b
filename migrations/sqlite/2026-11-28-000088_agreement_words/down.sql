DROP TABLE agreement_words;
