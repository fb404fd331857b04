"""The local AWS: ministack in a process of its own, corrected where it is not like AWS."""
