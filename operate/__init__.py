"""What a person runs against a deployment on AWS: tokens, runs by hand, the doctor, what it costs, taking it away."""
