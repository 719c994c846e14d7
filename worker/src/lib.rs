//! Takes a job, fetches, runs it in a child, stores result or verdict, then settles the message.
