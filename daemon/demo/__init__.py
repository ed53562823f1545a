"""The song that `roadie demo` synthesises, with its known parts."""
