"""The contract between console and central, as pydantic models."""
