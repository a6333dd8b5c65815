"""What all tests share: how examples are searched for."""

from hypothesis import settings

# No deadline: on a machine whose cores are shared an example is slow for reasons of others. The
# blob of a failing example is printed, so that CI's finding can be played again anywhere.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
