"""What a person runs against a deployment on AWS: its tokens, a run by hand, the doctor, taking it away."""
