"""Papers for the weights of hubcore: licences, bills of materials, model cards and signatures."""
