"""Renders footage of a made-up site, with people whose every step is known.

Everything follows from a seed: options → cast → schedule → frames → truth and films.

    cast.py, colours.py             who there is: shape, clothes, gait
    blocks.py, scenery.py, layout.py    areas in a row, what stands in them, a camera for each
    routes.py, schedule.py          who walks where and when, so that nobody walks through another
    bodies.py                       bodies and the sheets that clothes are cut from (needs anny)
    anatomy.py, clothes.py, accessories.py, gait.py, posing.py    dressing and walking
    camera.py, visibility.py        what a camera sees of whom
    sensor.py, film.py, truth.py    lens, noise and H.264; boxes and identities
    site.py, filming.py, sheets.py  a planned site, its finished folder, contact sheets
    crops.py, scenes.py, furniture.py, scatter.py    pictures that are no film
    materials.py, stage.py, painter.py    Blender; all that use them need bpy:
    shooting.py, portraits.py, rooms.py   frames of a site, crops of people, scenes for detectors

Lengths are metres, times seconds, angles degrees unless a name says otherwise; colours of materials
are linear RGB in 0..1. The world's x points east, y north, z up.
"""
