"""The ear's own process: streams of calls come in over AudioSocket, what is heard goes out over AMI."""
