"""Renders footage of a made-up site, with people whose every step is known.

Everything follows from a seed: options → cast → schedule → frames → truth and films.

    cast.py, colours.py     who there is: shape, clothes, gait
    layout.py               areas in a row, their walls and things, and a camera for each area
    routes.py, schedule.py  who walks where and when, so that nobody walks through another
    bodies.py               bodies and the sheets that clothes are cut from (needs anny)
    anatomy.py, clothes.py, accessories.py, gait.py    dressing and walking, in numpy
    camera.py, visibility.py, truth.py                 what a camera sees of whom
    materials.py, stage.py, painter.py                 Blender (needs bpy)
    sensor.py, film.py                                 lens, noise and H.264
    site.py, crops.py, rooms.py, sheets.py             the things that can be made

Lengths are metres, times seconds, angles degrees unless a name says otherwise; colours of materials
are linear RGB in 0..1. The world's x points east, y north, z up.
"""
