"""The API: pydantic models from which the CustomResourceDefinitions are generated."""
