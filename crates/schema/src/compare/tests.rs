//! Every schema takes what it took; and what is taken away is noticed, wherever it is.
