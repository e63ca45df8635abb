"""What a surface sends back: visibility, reflection models and absolute levels."""
