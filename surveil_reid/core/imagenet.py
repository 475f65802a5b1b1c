"""How torchvision's ImageNet networks want their pictures: scaled to 0..1, then normalised."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Of red, green and blue."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of red, green and blue."""
