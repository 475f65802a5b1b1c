"""Blender materials: cloth, skin, hair and what sites are built of."""

from collections.abc import Sequence
from typing import Any

import bpy

from samples.render.anatomy import Anatomy
from samples.render.cast import Garment, Outfit
from samples.render.colours import Colour

Socket = Any  # Blender's node sockets, which have no useful types
Input = Socket | float


class Nodes:
    """A material whose node tree is written in a few lines."""

    def __init__(self, name: str, *, rough: float = 0.8, specular: float = 0.2) -> None:
        self.material = bpy.data.materials.new(name)
        self._tree = self.material.node_tree
        self._shader = next(n for n in self._tree.nodes if n.type == "BSDF_PRINCIPLED")
        self._shader.inputs["Roughness"].default_value = rough
        self._shader.inputs["Specular IOR Level"].default_value = specular

    def add(self, kind: str, **settings: Any) -> Any:  # noqa: ANN401 - Blender's nodes
        """A node of a kind, with its settings."""
        node = self._tree.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            setattr(node, name, value)
        return node

    def plug(self, value: Any, socket: Socket) -> None:  # noqa: ANN401 - a socket or its value
        """Connect a socket, or set a number or a colour."""
        if hasattr(value, "is_output"):
            self._tree.links.new(value, socket)
        elif isinstance(value, Sequence) and len(socket.default_value) == 4:
            socket.default_value = (*value, 1)
        else:
            socket.default_value = value

    def math(self, operation: str, a: Input, b: Input = 0.0) -> Socket:
        """A sum, a comparison and the like."""
        node = self.add("Math", operation=operation)
        self.plug(a, node.inputs[0])
        self.plug(b, node.inputs[1])
        return node.outputs[0]

    def both(self, *conditions: Socket) -> Socket:
        """1 where all of them are 1."""
        first, *others = conditions
        for other in others:
            first = self.math("MULTIPLY", first, other)
        return first

    def near(self, value: Socket, centre: float, half: float) -> Socket:
        """1 where a value is within `half` of the centre."""
        away = self.math("ABSOLUTE", self.math("SUBTRACT", value, centre))
        return self.math("LESS_THAN", away, half)

    def mix(self, share: Input, a: Socket | Colour, b: Socket | Colour) -> Socket:
        """The second colour by `share`, else the first."""
        node = self.add("Mix", data_type="RGBA")
        for socket, value in ((0, share), (6, a), (7, b)):
            self.plug(value, node.inputs[socket])
        return node.outputs[2]

    def noise(self, at: Socket, scale: float, detail: float = 3.0) -> Socket:
        """Smooth noise about 0.5."""
        node = self.add("TexNoise")
        self.plug(scale, node.inputs["Scale"])
        self.plug(detail, node.inputs["Detail"])
        self.plug(at, node.inputs["Vector"])
        return node.outputs["Fac"]

    def stretched(self, at: Socket, scale: tuple[float, float, float]) -> Socket:
        """Coordinates, each times its scale."""
        node = self.add("Mapping")
        node.inputs["Scale"].default_value = scale
        self.plug(at, node.inputs["Vector"])
        return node.outputs[0]

    def split(self, at: Socket) -> tuple[Socket, Socket, Socket]:
        """Coordinates one by one."""
        node = self.add("SeparateXYZ")
        self.plug(at, node.inputs[0])
        x, y, z = node.outputs
        return x, y, z

    def rest(self) -> Socket:
        """Where the surface was before the person moved."""
        return self.add("Attribute", attribute_name="rest").outputs["Vector"]

    def place(self) -> Socket:
        """Where the surface is in the world."""
        return self.add("NewGeometry").outputs["Position"]

    def bump(self, height: Socket, strength: float, distance: float) -> None:
        """Make the surface uneven."""
        node = self.add("Bump")
        node.inputs["Strength"].default_value = strength
        node.inputs["Distance"].default_value = distance
        self.plug(height, node.inputs["Height"])
        self.plug(node.outputs[0], self._shader.inputs["Normal"])

    def done(self, colour: Socket | Colour) -> Any:  # noqa: ANN401 - a Blender material
        """The material in this colour."""
        self.plug(colour, self._shader.inputs["Base Color"])
        return self.material


def plain(name: str, colour: Colour, *, rough: float = 0.5, specular: float = 0.3) -> Any:  # noqa: ANN401
    """One colour all over."""
    return Nodes(name, rough=rough, specular=specular).done(colour)


def dressed(anatomy: Anatomy, outfit: Outfit, name: str) -> list[Any]:
    """The materials of a person in the order of `clothes.MATERIALS`."""
    return [
        _skin(f"{name} skin", anatomy, outfit),
        plain(f"{name} eye", (0.35, 0.33, 0.30), rough=0.3, specular=0.5),
        _hair(f"{name} hair", outfit.hair_colour),
        cloth(f"{name} top", outfit.top, anatomy),
        cloth(f"{name} bottom", outfit.bottom, anatomy),
        plain(f"{name} shoes", outfit.shoes),
        cloth(f"{name} bag", Garment(kind="bag", colour=outfit.bag), anatomy),
        plain(f"{name} hat", outfit.hat, rough=0.9, specular=0.1),
    ]


def cloth(name: str, garment: Garment, anatomy: Anatomy) -> Any:  # noqa: ANN401
    """Cloth with its pattern, worn and folded."""
    nodes = Nodes(name, rough=0.9, specular=0.08)
    rest = nodes.rest()
    colour = _pattern(nodes, rest, garment, anatomy)
    wear = nodes.math("ADD", nodes.math("MULTIPLY", nodes.noise(rest, 7.0), 0.5), 0.75)
    shade = nodes.add("HueSaturation")
    nodes.plug(wear, shade.inputs["Value"])
    nodes.plug(colour, shade.inputs["Color"])
    folds = nodes.noise(nodes.stretched(rest, (1, 1, 0.55)), 14.0, 4.0)
    nodes.bump(folds, 0.5 if garment.kind in ("tshirt", "blouse", "leggings") else 0.75, 0.05)
    return nodes.done(shade.outputs["Color"])


def _pattern(  # noqa: C901 - one case for each pattern
    nodes: Nodes, rest: Socket, garment: Garment, anatomy: Anatomy
) -> Socket:
    first, second = garment.colour, garment.second
    x, y, z = nodes.split(rest)
    middle, front = nodes.math("ABSOLUTE", x), nodes.math("LESS_THAN", y, 0.0)

    def within(half: float) -> Socket:
        return nodes.math("LESS_THAN", middle, half)

    def bands(value: Socket, per_metre: float, share: float) -> Socket:
        part = nodes.math("FRACT", nodes.math("MULTIPLY", value, per_metre))
        return nodes.math("GREATER_THAN", part, share)

    match garment.pattern:
        case "stripes":
            mask = bands(z, 16.0, 0.5)
        case "checks":
            both = nodes.math("ADD", bands(z, 14.0, 0.55), bands(x, 14.0, 0.55))
            mask = nodes.math("MULTIPLY", both, 0.5)
        case "twotone":
            mask = nodes.math("LESS_THAN", z, 0.70 * anatomy.stature)
        case "print":
            blot = nodes.math("GREATER_THAN", nodes.noise(rest, 22.0, 1.0), 0.44)
            mask = nodes.both(within(0.10), nodes.near(z, 0.72 * anatomy.stature, 0.09), blot)
        case "open":  # what is worn under an open jacket
            mask = nodes.both(within(0.055), front)
        case "vest":  # high visibility
            first, second = (0.62, 0.55, 0.02), (0.7, 0.7, 0.7)
            mask = nodes.near(z, 0.64 * anatomy.stature, 0.03)
        case _:
            mask, second = nodes.both(within(0.006), front), _darker(first, 0.4)  # a seam
    return nodes.mix(mask, first, second)


def _skin(name: str, anatomy: Anatomy, outfit: Outfit) -> Any:  # noqa: ANN401
    """Skin with brows and a mouth painted on."""
    nodes = Nodes(name, rough=0.55, specular=0.3)
    rest = nodes.rest()
    x, y, z = nodes.split(rest)
    eye, apart, front = anatomy.eye
    side, face = nodes.math("ABSOLUTE", x), nodes.math("LESS_THAN", y, front)
    brow = nodes.both(nodes.near(z, eye + 0.022, 0.006), nodes.near(side, apart, 0.022), face)
    mouth = eye - 0.038 * anatomy.stature
    lips = nodes.both(nodes.near(z, mouth, 0.009), nodes.near(side, 0.0, 0.024), face)
    red, green, blue = outfit.skin
    colour = nodes.mix(nodes.math("MULTIPLY", brow, 0.75), outfit.skin, outfit.hair_colour)
    colour = nodes.mix(
        nodes.math("MULTIPLY", lips, 0.6), colour, (red * 0.75, green * 0.4, blue * 0.4)
    )
    spots = nodes.math("MULTIPLY", nodes.noise(rest, 9.0), 0.25)
    return nodes.done(nodes.mix(spots, colour, _darker(outfit.skin, 0.6)))


def _hair(name: str, colour: Colour) -> Any:  # noqa: ANN401
    nodes = Nodes(name, rough=0.6, specular=0.3)
    strands = nodes.noise(nodes.stretched(nodes.rest(), (90, 90, 12)), 1.0, 4.0)
    nodes.bump(strands, 0.7, 0.03)
    return nodes.done(nodes.mix(strands, _darker(colour, 0.45), _darker(colour, 1.7)))


def rough(name: str, colour: Colour, *, scale: float = 3.0, gloss: float = 0.1) -> Any:  # noqa: ANN401
    """Plaster, asphalt, grass, rust: a colour with coarse and fine spots."""
    nodes = Nodes(name, rough=1 - gloss, specular=0.15)
    return nodes.done(_spotted(nodes, nodes.place(), colour, scale))


def tiles(name: str, colour: Colour, *, size: float, gloss: float = 0.2) -> Any:  # noqa: ANN401
    """Slabs on a floor, with joints."""
    nodes = Nodes(name, rough=1 - gloss, specular=0.2)
    at = nodes.place()
    x, y, _ = nodes.split(at)
    joints = [
        nodes.math("LESS_THAN", nodes.math("FRACT", nodes.math("DIVIDE", axis, size)), 0.03 / size)
        for axis in (x, y)
    ]
    joint = nodes.math("MULTIPLY", nodes.math("MAXIMUM", *joints), 0.6)
    return nodes.done(nodes.mix(joint, _spotted(nodes, at, colour, 0.9), _darker(colour, 0.3)))


def bricks(name: str, colour: Colour) -> Any:  # noqa: ANN401
    """A brick wall, whichever way it runs."""
    nodes = Nodes(name, rough=0.9, specular=0.1)
    x, y, z = nodes.split(nodes.place())
    flat = nodes.add("CombineXYZ")
    nodes.plug(nodes.math("ADD", x, y), flat.inputs[0])
    nodes.plug(z, flat.inputs[1])
    brick = nodes.add("TexBrick")
    nodes.plug(flat.outputs[0], brick.inputs["Vector"])
    for key, value in (
        ("Color1", (*colour, 1)),
        ("Color2", (*_darker(colour, 0.65), 1)),
        ("Mortar", (0.38, 0.35, 0.31, 1)),
        *(("Scale", 1.0), ("Mortar Size", 0.008), ("Brick Width", 0.26), ("Row Height", 0.085)),
    ):
        brick.inputs[key].default_value = value
    dirt = nodes.math("MULTIPLY", nodes.noise(nodes.place(), 1.2, 5.0), 0.5)
    return nodes.done(nodes.mix(dirt, brick.outputs["Color"], _darker(colour, 0.5)))


def glowing(name: str, strength: float, colour: Colour) -> Any:  # noqa: ANN401
    """A lamp's surface."""
    material = bpy.data.materials.new(name)
    tree = material.node_tree
    shader = tree.nodes.new("ShaderNodeEmission")
    shader.inputs["Color"].default_value = (*colour, 1)
    shader.inputs["Strength"].default_value = strength
    end = next(n for n in tree.nodes if n.type == "OUTPUT_MATERIAL")
    tree.links.new(shader.outputs[0], end.inputs["Surface"])
    return material


def _spotted(nodes: Nodes, at: Socket, colour: Colour, scale: float) -> Socket:
    coarse = nodes.mix(nodes.noise(at, scale, 6.0), colour, _darker(colour, 0.68))
    fine = nodes.math("MULTIPLY", nodes.noise(at, scale * 35, 2.0), 0.35)
    return nodes.mix(fine, coarse, _darker(colour, 0.5))


def _darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (min(1.0, channel * share) for channel in colour)
    return red, green, blue
