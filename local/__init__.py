"""What runs on a person's own machine: the local AWS, the two stand-ins and the commands around them."""
