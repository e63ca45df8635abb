"""Contact strips: the body performing, pose beside pose, so that a person can judge it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

SKIN, SHADE, MARK = (0.80, 0.66, 0.55), (0.30, 0.24, 0.24), (200, 40, 40)


def draw_strip(rows: Sequence, path: str | Path, num_poses: int = 8, view_deg: float = 35.0):
    """One row per motion, poses evenly in time.

    Args:
        rows: (title, Motion) pairs; the motions' betas are the free body's.
        path: PNG to write.
        num_poses: pictures in a row.
        view_deg: how far the eye stands to the performer's left of straight ahead.
    """
    from PIL import Image, ImageDraw

    strips = []
    for title, motion in rows:
        which = np.linspace(0, motion.num_poses - 1, num_poses).round().astype(int)
        picture = np.concatenate(pictures(motion, which, view_deg), axis=1)
        image = Image.fromarray(picture)
        ImageDraw.Draw(image).text((4, 2), title, fill=(0, 0, 0))
        strips.append(np.asarray(image))
    Image.fromarray(np.concatenate(strips, axis=0)).save(path)


def pictures(motion, which, view_deg: float = 35.0, height_px: int = 190, width_px: int = 150):
    """Shaded pictures [row, column, 3] of some poses; the red mark is where the body started.

    Args:
        motion: of the free body.
        which: numbers of the poses.
        view_deg: how far the eye stands to the performer's left of straight ahead.
        height_px, width_px: of each.
    """
    from radarsim.files import free_body
    from radarsim.scene.body import skin

    body = free_body()
    vertices_m = np.array(
        skin(body, motion.betas, motion.poses_rad[which], motion.transl_m[which]), float
    )
    # The eye follows the pelvis to and fro, not up and down.
    vertices_m[..., :2] -= motion.pelvis_m[which, None, :2]
    starts_m = motion.pelvis_m[0, :2] - motion.pelvis_m[which, :2]
    faces = np.asarray(body.faces)
    return [
        _shaded(pose, faces, start, view_deg, height_px, width_px)
        for pose, start in zip(vertices_m, starts_m)
    ]


def _shaded(vertices_m, faces, start_m, view_deg, height_px, width_px, tall_m=2.35):
    """Painter's picture: faces turned to the eye as dots of their centre, nearest last."""
    angle = np.deg2rad(view_deg)
    across = vertices_m @ [-np.sin(angle), np.cos(angle), 0.0]
    toward = vertices_m @ [np.cos(angle), np.sin(angle), 0.0]
    eye = np.stack([-across, vertices_m[:, 2], -toward], axis=-1)
    corners = eye[faces]
    # Each face gives a few dots: enough to close the surface at this size.
    mixes = np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4]], float)
    mixes /= mixes.sum(axis=1, keepdims=True)
    dots = np.einsum("mc,fcd->fmd", mixes, corners).reshape(-1, 3)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    light = np.abs(normal @ [0.35, 0.45, 0.82]).repeat(len(mixes))
    scale = height_px / tall_m
    row = (height_px - 12 - scale * dots[:, 1]).astype(int)
    column = (width_px / 2 - scale * dots[:, 0]).astype(int)
    seen = (row >= 0) & (row < height_px) & (column >= 0) & (column < width_px)
    order = np.flatnonzero(seen)[np.argsort(-dots[seen, 2])]
    picture = np.full((height_px, width_px, 3), 255, np.uint8)
    picture[height_px - 12] = 190
    mark = round(width_px / 2 + scale * float(start_m @ [-np.sin(angle), np.cos(angle)]))
    picture[height_px - 11 : height_px - 7, max(mark - 3, 0) : max(mark + 4, 0)] = MARK
    colour = np.outer(light, SKIN) + np.outer(1 - light, SHADE)
    picture[row[order], column[order]] = (255 * colour[order]).astype(np.uint8)
    return picture
