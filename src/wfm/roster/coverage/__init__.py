"""What those present cover: priced for the search, shared among queues, and what is missing or idle."""
