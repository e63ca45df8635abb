"""Contact sheet: rendered poses of several motions side by side, for visual inspection."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

SKIN, SHADE, MARK = (0.80, 0.66, 0.55), (0.30, 0.24, 0.24), (200, 40, 40)
VIEW_HEIGHT_M = 2.35  # height of the visible region above the floor
_FLOOR_PX = 12  # distance from the lower edge of the picture to the floor


def draw_contact_sheet(
    rows: Sequence, path: str | Path, num_poses: int = 8, view_deg: float = 35.0
):
    """Write an image with one row per motion; each row shows poses evenly spaced in time.

    Args:
        rows: (title, Motion) pairs; the motions' betas must be in the free body's shape space.
        path: path of the PNG file to write.
        num_poses: number of poses per row.
        view_deg: direction of the viewer seen from the performer; 0 is ahead, positive to the left.
    """
    from PIL import Image, ImageDraw

    strips = []
    for title, motion in rows:
        pose_idx = np.linspace(0, motion.num_poses - 1, num_poses).round().astype(int)
        picture = np.concatenate(render_poses(motion, pose_idx, view_deg), axis=1)
        image = Image.fromarray(picture)
        ImageDraw.Draw(image).text((4, 2), title, fill=(0, 0, 0))
        strips.append(np.asarray(image))
    Image.fromarray(np.concatenate(strips, axis=0)).save(path)


def render_poses(motion, pose_idx, view_deg: float = 35.0, height_px: int = 190, width_px=150):
    """Render shaded images [row, column, 3] of poses; a red mark shows the starting point.

    Args:
        motion: motion of the free body.
        pose_idx: indices of the poses.
        view_deg: direction of the viewer seen from the performer; 0 is ahead, positive to the left.
        height_px, width_px: size of each image.
    """
    from radarsim.files import free_body
    from radarsim.scene.body import skin

    body = free_body()
    vertices_m = np.array(
        skin(body, motion.betas, motion.poses_rad[pose_idx], motion.transl_m[pose_idx]), float
    )
    # The camera follows the pelvis horizontally, but not vertically.
    vertices_m[..., :2] -= motion.pelvis_m[pose_idx, None, :2]
    starts_m = motion.pelvis_m[0, :2] - motion.pelvis_m[pose_idx, :2]
    faces = np.asarray(body.faces)
    return [
        _render(pose, faces, start, view_deg, (height_px, width_px))
        for pose, start in zip(vertices_m, starts_m)
    ]


def _render(vertices_m, faces, start_m, view_deg, shape_px):
    """Render shaded dots on every face with the painter's algorithm: the farthest dots first."""
    height_px, width_px = shape_px
    angle = np.deg2rad(view_deg)
    scale = height_px / VIEW_HEIGHT_M
    across = vertices_m @ [-np.sin(angle), np.cos(angle), 0.0]
    toward = vertices_m @ [np.cos(angle), np.sin(angle), 0.0]
    dots, light = _shaded_dots(np.stack([-across, vertices_m[:, 2], -toward], axis=-1)[faces])
    row = (height_px - _FLOOR_PX - scale * dots[:, 1]).astype(int)
    column = (width_px / 2 - scale * dots[:, 0]).astype(int)
    visible = (row >= 0) & (row < height_px) & (column >= 0) & (column < width_px)
    order = np.flatnonzero(visible)[np.argsort(-dots[visible, 2])]
    picture = np.full((height_px, width_px, 3), 255, np.uint8)
    picture[height_px - _FLOOR_PX] = 190
    mark = round(width_px / 2 + scale * float(start_m @ [-np.sin(angle), np.cos(angle)]))
    picture[height_px - 11 : height_px - 7, max(mark - 3, 0) : max(mark + 4, 0)] = MARK
    colour = np.outer(light, SKIN) + np.outer(1 - light, SHADE)
    picture[row[order], column[order]] = (255 * colour[order]).astype(np.uint8)
    return picture


def _shaded_dots(corners):
    """Positions and brightness of four dots per face, dense enough to leave no gaps in an image."""
    mixes = np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4]], float)
    mixes /= mixes.sum(axis=1, keepdims=True)
    dots = np.einsum("mc,fcd->fmd", mixes, corners).reshape(-1, 3)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    return dots, np.abs(normal @ [0.35, 0.45, 0.82]).repeat(len(mixes))
